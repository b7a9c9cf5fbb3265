// After the tests: all of them are declared. A file that says so itself may have done it before.

done();
