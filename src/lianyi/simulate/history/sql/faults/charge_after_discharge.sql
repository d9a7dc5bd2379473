SELECT id || '-' || lpad(k::VARCHAR, 3, '0') FROM line WHERE NOT inside AND happens(hash(h, 53), 0, getvariable('charge_after_discharge'))
