import text from '../files/note.txt';

export const twice = (number) => [number * 2, text.length];
