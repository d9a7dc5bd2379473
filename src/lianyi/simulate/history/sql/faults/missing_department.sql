SELECT id FROM admitted WHERE NOT inside AND happens(chance(32, serial, 'stay'), 0, getvariable('missing_department'))
