"""The database itself refuses to change what must never change.

Row triggers only: a TRUNCATE trigger would make the flush of a transactional test fail. The role that Serin
connects as owns the tables, so TRUNCATE is out of their reach (docs/security.md).
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION serin_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are immutable', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION serin_version_only_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL
       AND to_jsonb(OLD) - 'retired_at' = to_jsonb(NEW) - 'retired_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % is immutable: it can only be retired, once', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER version_only_retires BEFORE UPDATE ON releases_version
    FOR EACH ROW EXECUTE FUNCTION serin_version_only_retires();
CREATE TRIGGER version_stays BEFORE DELETE ON releases_version
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
CREATE TRIGGER version_function_immutable BEFORE UPDATE OR DELETE ON releases_versionfunction
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
CREATE TRIGGER alias_revision_immutable BEFORE UPDATE OR DELETE ON releases_aliasrevision
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
CREATE TRIGGER audit_entry_immutable BEFORE UPDATE OR DELETE ON releases_auditentry
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
"""

BACKWARD = """
DROP TRIGGER audit_entry_immutable ON releases_auditentry;
DROP TRIGGER alias_revision_immutable ON releases_aliasrevision;
DROP TRIGGER version_function_immutable ON releases_versionfunction;
DROP TRIGGER version_stays ON releases_version;
DROP TRIGGER version_only_retires ON releases_version;
DROP FUNCTION serin_version_only_retires;
DROP FUNCTION serin_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_catalog_aliases_people_audit")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
