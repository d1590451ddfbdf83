version = "3.1"
