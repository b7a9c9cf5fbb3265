// After the tests: all of them are declared.

done();
