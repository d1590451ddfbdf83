boxes = ["small", "large"]
