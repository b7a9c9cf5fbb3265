WHERE = 'hidden'
