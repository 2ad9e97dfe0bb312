-- The two roles of the library, made by the server's superuser in the library's database; may be run again.
-- library_owner owns the tables and runs migrations; library is the application's and owns nothing:
-- what it may do, `manage.py grant_access library` says.
-- With OWNER_PASSWORD and APPLICATION_PASSWORD in the environment: psql --file roles.sql DATABASE
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv application_password APPLICATION_PASSWORD
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['library_owner', 'library']) AS name
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE library_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE library LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'application_password';
SELECT format('ALTER DATABASE %I OWNER TO library_owner', current_database()) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO library', current_database()) \gexec
ALTER SCHEMA public OWNER TO library_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
