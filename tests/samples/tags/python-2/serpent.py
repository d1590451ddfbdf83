version = "0.5"

print "ssss"
