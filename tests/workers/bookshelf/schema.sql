-- Begins anew each time it is executed.
DROP TABLE IF EXISTS books;
CREATE TABLE books (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  description TEXT NOT NULL
);
