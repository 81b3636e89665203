print("uniference")
