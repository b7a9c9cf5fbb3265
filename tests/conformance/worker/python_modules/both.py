WHERE = 'package'
