SELECT id FROM admitted WHERE NOT inside AND happens(chance(32, serial, 'stay'), 1, getvariable('negative_stay'))
