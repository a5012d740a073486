"""Persons as the registry knows them, and organisations' tokens that see organisations only."""

from deploy.migrations.kernel import region_scope_sql, sql

revision = "credit_0004_subjects"
down_revision = "credit_0003_dead_letters"
branch_labels = None
depends_on = None

PERSONS = """
CREATE TABLE persons (
    person_id uuid PRIMARY KEY,
    version   bigint NOT NULL,
    region    text COLLATE "C" NOT NULL
);
CREATE INDEX persons_region ON persons (region);
"""
KINDS = ("records", "list_entries")
OF_AN_ORGANIZATION = "CASE WHEN subject_kind = 'organization' THEN subject_id END"
"""A token of an organisation does not see a person who has its id."""


def upgrade() -> None:
    """Make them."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql(PERSONS + region_scope_sql("persons"))
    _rescope(f"({OF_AN_ORGANIZATION})")


def downgrade() -> None:
    """Take them away again."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql("DROP TABLE persons")
    _rescope("subject_id")


def _rescope(organization_column: str) -> None:
    for table in KINDS:
        sql(f"DROP POLICY region_scope ON {table};" + region_scope_sql(table, organization_column))
