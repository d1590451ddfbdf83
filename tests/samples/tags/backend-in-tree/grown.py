version = "7.0"
