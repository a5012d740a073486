"""What the subsidy service does in the background."""

from services.subsidy.payments import service as payments
from services.subsidy.payments.preparation import prepare_batch
from services.subsidy.runs import service as runs
from services.subsidy.runs.calculation import calculate_run
from services.subsidy.simulations import work as simulations
from shared.kernel import JobHandler

JOBS: dict[str, JobHandler] = {
    runs.JOB: calculate_run,
    payments.JOB: prepare_batch,
    simulations.JOB: simulations.simulate,
    simulations.CLEAN: simulations.clean,
}
SCHEDULES = simulations.SCHEDULES
