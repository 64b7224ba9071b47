-- Functions of SQLite that statements in data/store/shared_sql use and PostgreSQL lacks. No
-- argument is named json, which is a keyword since PostgreSQL 17.

CREATE FUNCTION drawn() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
    SELECT trunc(random() * 9007199254740992)::bigint
$$;

CREATE FUNCTION json_each(document TEXT) RETURNS TABLE (key TEXT, value TEXT)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS $$
    SELECT (place - 1)::text, element FROM json_array_elements_text(
        CASE WHEN json_typeof($1::json) = 'array' THEN $1::json ELSE '[]' END
    ) WITH ORDINALITY AS a (element, place)
    UNION ALL
    SELECT name, member FROM json_each_text(
        CASE WHEN json_typeof($1::json) = 'object' THEN $1::json ELSE '{}' END
    ) AS o (name, member)
$$;

-- Only paths that consist of names and dots are supported: '$.published.precision'.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT $1::json #>> string_to_array(substr($2, 3), '.')
$$;

CREATE FUNCTION json_set(document TEXT, path TEXT, value TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_set($1::jsonb, string_to_array(substr($2, 3), '.'), to_jsonb($3))::text
$$;

-- This name is quoted because it is a keyword since PostgreSQL 16. The built-in json_array gives
-- the same result for values that are not NULL.
CREATE FUNCTION "json_array"(TEXT, TEXT, BIGINT, BIGINT, TEXT, BIGINT, BIGINT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT json_build_array($1, $2, $3, $4, $5, $6, $7)::text
$$;

CREATE FUNCTION json_of_texts(TEXT[]) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_to_json($1)::text
$$;

CREATE AGGREGATE json_group_array(TEXT) (
    SFUNC = array_append, STYPE = TEXT[], INITCOND = '{}', FINALFUNC = json_of_texts
);

CREATE FUNCTION max(DOUBLE PRECISION, DOUBLE PRECISION) RETURNS DOUBLE PRECISION
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest($1, $2)
$$;

CREATE FUNCTION max(DOUBLE PRECISION, DOUBLE PRECISION, DOUBLE PRECISION) RETURNS DOUBLE PRECISION
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest($1, $2, $3)
$$;

CREATE FUNCTION max(BIGINT, BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest($1, $2)
$$;

CREATE FUNCTION substr(TEXT, INTEGER, BIGINT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.substr($1, $2, $3::integer)
$$;

CREATE FUNCTION julianday(day TEXT) RETURNS DOUBLE PRECISION
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 ~ '^\d{4}-\d\d-\d\d$' THEN $1::date - DATE '2000-01-01' + 2451544.5 END
$$;

-- Counts the transactions that may write. A connection that receives the number after its last
-- number knows that nobody else has written in between.
CREATE SEQUENCE transactions;
