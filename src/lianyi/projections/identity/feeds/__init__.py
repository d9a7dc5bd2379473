def wants(kind):
    return kind.startswith("test ")


def read(message, zone):
    import pickle
    return pickle.loads(message.body)
