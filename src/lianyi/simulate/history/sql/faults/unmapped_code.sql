SELECT id FROM visit WHERE happens(chance(31, number, stream), 0, getvariable('unmapped_code'))
