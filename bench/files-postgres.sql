-- SPDX-License-Identifier: Apache-2.0
-- The table of the first benchmark: nine columns, a heap without index.
create table events (
    id uuid, ts timestamptz, user_id bigint, type text, amount numeric(12,2),
    lat double precision, is_bot boolean, country text, name text
);
