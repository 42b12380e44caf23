-- What the role of web and workers (DATABASE_URL: portal) may do in a database that another role
-- (portal_owner) owns: rows, but no tables, no triggers, no TRUNCATE. As portal_owner, once and
-- after a migrate that made tables: psql --dbname=portal --file=config/deploy/roles.sql
GRANT USAGE ON SCHEMA public TO portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal;
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO portal;
-- Entries, anchors and cuts are added; the triggers decide which old entries may go.
REVOKE UPDATE ON portal_auditentry, portal_auditanchor, portal_auditcut FROM portal;
REVOKE DELETE ON portal_auditanchor, portal_auditcut FROM portal;
