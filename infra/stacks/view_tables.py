"""The views of a problem as tables of Athena, over the rows that its training runs publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import NestedStack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.errors import InvalidInput
from ghosteam.features.athena import database_name, name_faults, table_columns
from ghosteam.features.views import View, views_of
from ghosteam.problem.spec import Problem
from infra.settings import EnvironmentSettings

_HIVE = "org.apache.hadoop.hive.ql.io.parquet"
_MOST = 2000
"""Of tables and databases. CloudFormation changes at most 2,500 resources of nested stacks in one
operation (user guide, "Understand CloudFormation quotas"); the rest is for these stacks themselves.
"""


def check_tables(
    settings: EnvironmentSettings, problems: Mapping[str, Problem]
) -> Iterator[InvalidInput]:
    """A fault for each column that no table can have, and one where there are too many tables."""
    if not settings.athena:
        return
    for problem in problems.values():
        yield from name_faults(problem)
    tables = sum(len(views_of(problem)) for problem in problems.values())
    if tables + len(problems) > _MOST:
        yield InvalidInput(
            f"The {len(problems)} problems have {tables} views, and a deployment has room for "
            f"{_MOST - len(problems)} tables of Athena beside their databases",
            where={"file": "infra/settings.py", "environment": settings.name},
            remedy="Set athena=False, or deploy some of the problems as another environment",
        )


class ViewTables(NestedStack):
    """A database with a table for each view. It goes with the problem's folder, or with the
    setting; the rows stay where they are.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Problem,
        settings: EnvironmentSettings,
        artifacts: s3.IBucket,
    ) -> None:
        super().__init__(scope, id, description=f"Tables of the problem {spec.problem}")
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name(settings.offline_prefix, spec.problem),
                description=f"The views of {spec.problem}, as its newest training run made them",
            ),
        )
        for view in views_of(spec):
            rows = keys.rows_of_view(keys.feast_sources(spec.problem), view.name)
            folder, _, _ = rows.rpartition("/")
            glue.CfnTable(
                self,
                f"Table-{view.name}",
                catalog_id=self.account,
                database_name=database.ref,
                table_input=_table(spec, view, artifacts.s3_url_for_object(f"{folder}/")),
            )


def _table(spec: Problem, view: View, location: str) -> glue.CfnTable.TableInputProperty:
    """Columns are found by their names: what the newest run did not publish is null."""
    return glue.CfnTable.TableInputProperty(
        name=view.name,
        table_type="EXTERNAL_TABLE",
        parameters={"classification": "parquet", "EXTERNAL": "TRUE"},
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            location=location,
            columns=[
                glue.CfnTable.ColumnProperty(name=name, type=kind)
                for name, kind in table_columns(spec, view).items()
            ],
            input_format=f"{_HIVE}.MapredParquetInputFormat",
            output_format=f"{_HIVE}.MapredParquetOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library=f"{_HIVE}.serde.ParquetHiveSerDe"
            ),
        ),
    )
