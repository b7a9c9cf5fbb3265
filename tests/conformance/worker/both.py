WHERE = 'user'
