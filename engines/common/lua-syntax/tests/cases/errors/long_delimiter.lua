x = [=abc
