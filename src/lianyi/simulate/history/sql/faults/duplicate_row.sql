SELECT id || '-' || lpad(k::VARCHAR, 3, '0') || 'D' FROM line WHERE happens(hash(h, 52), 0, getvariable('duplicate_row'))
