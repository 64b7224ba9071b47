-- What SQLite has and PostgreSQL has not, of what the statements of data/store/shared_sql use. No argument is
-- named json, which is a word of the language from PostgreSQL 17 on.

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

-- Of a path only names, parted by points: '$.published.precision'.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT $1::json #>> string_to_array(substr($2, 3), '.')
$$;

CREATE FUNCTION json_set(document TEXT, path TEXT, value TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_set($1::jsonb, string_to_array(substr($2, 3), '.'), to_jsonb($3))::text
$$;

-- From PostgreSQL 16 on it is a word of the language, which gives the same of values that are no NULL.
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

-- Counts the transactions that may write: who finds the number after its own last one knows that
-- nobody else wrote in between.
CREATE SEQUENCE transactions;
