-- 0017 expand: systems that prove who they are with a TLS certificate, and tokens bound to one
-- Why: RFC 8705; a token that was lost opens nothing without the private key.
-- Old release keeps working: yes, the table is new, the column is new and nullable.
-- Undo: DROP TABLE security.client_certificate;
--       ALTER TABLE security.access_token DROP COLUMN certificate;
SET LOCAL lock_timeout = '5s';

CREATE TABLE security.client_certificate (
    account    uuid        NOT NULL REFERENCES security.account,
    method     text        NOT NULL CHECK (method IN ('tls_client_auth', 'self_signed_tls_client_auth')),
    value      text        NOT NULL,       -- subject, RFC 4514; or SHA-256 of the public key, hexadecimal
    expires_at timestamptz,                -- of the certificate registered, or last shown
    seen_at    timestamptz,
    PRIMARY KEY (method, value)
);
CREATE INDEX client_certificate_account ON security.client_certificate (account);

ALTER TABLE security.access_token ADD COLUMN certificate bytea;  -- SHA-256 of the certificate, DER

GRANT SELECT, INSERT, UPDATE, DELETE ON security.client_certificate TO lianyi_doors;
