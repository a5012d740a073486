"""Visits: a vendor's own versions, wherever they lie, so that the same record sent again is always known again."""

from deploy.migrations.kernel import sql

revision = "visits_0005_own_versions"
down_revision = "visits_0004_audit_waits"
branch_labels = None
depends_on = None

# A token's districts change and seniors move; what a vendor was answered stays its own. Narrow functions with their
# owner's eyes: by the vendor's natural keys only, and for versions that the caller's own scope does not show.
OWN = """
SET LOCAL lock_timeout = '5s';
CREATE FUNCTION own_keys(vendor uuid, events text[]) RETURNS SETOF delivery_keys
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT * FROM delivery_keys WHERE vendor_id = vendor AND event_id = ANY (events) ORDER BY event_id FOR UPDATE
$$;
CREATE FUNCTION own_versions(vendor uuid, ids uuid[], hidden uuid[], days date[]) RETURNS SETOF deliveries
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT v.* FROM delivery_versions v WHERE v.delivery_id = ANY (ids) AND v.vendor_id = vendor
    UNION ALL
    SELECT d.* FROM unnest(hidden, days) AS k (delivery_id, service_date)
    JOIN deliveries d ON d.delivery_id = k.delivery_id AND d.service_date = k.service_date WHERE d.vendor_id = vendor
$$;
-- History of the district in which the senior lived that day, which the token need not name.
CREATE POLICY own_history ON delivery_versions FOR INSERT
    WITH CHECK (vendor_id::text = current_setting('anxiang.organization', true));
REVOKE ALL ON FUNCTION own_keys, own_versions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_keys, own_versions TO visits;
"""


def upgrade() -> None:
    """Make them."""
    sql(OWN)


def downgrade() -> None:
    """Take them away again."""
    sql(
        "SET LOCAL lock_timeout = '5s'; DROP POLICY own_history ON delivery_versions;"
        " DROP FUNCTION own_keys, own_versions;"
    )
