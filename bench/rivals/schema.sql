CREATE TABLE license (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  product_id uuid NOT NULL,
  seats integer NOT NULL,
  lease_seconds integer NOT NULL,
  expires_at timestamptz,
  suspended boolean NOT NULL DEFAULT false,
  revoked boolean NOT NULL DEFAULT false
);

CREATE TABLE activation (
  id uuid PRIMARY KEY,
  license_id uuid NOT NULL REFERENCES license,
  fingerprint text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  lease_ends_at timestamptz NOT NULL,
  UNIQUE (license_id, fingerprint)
);

-- Seats in use are counted by it alone.
CREATE INDEX activation_lease ON activation (license_id, lease_ends_at);

CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  license_id uuid NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  data jsonb NOT NULL
);
