raise AssertionError('the library comes first')
