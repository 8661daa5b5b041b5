"""The gauge file: one TOML file that states the problem and everything Rivergauge does about it.

Its sections are classes, one file for each, and its keys their fields; every default is chosen to serve most streams
and none was tuned to an example. ``parse`` is the one way in. Unknown keys are errors that name the nearest known key.

>>> gauge = parse('''
... name = "pumps"
... task = "binary"
... [label]
... field = "failed"
... positive = 1
... negative = 0
... [features]
... pressure = "number"
... site = { type = "category", values = ["north", "south"] }
... ''')
>>> gauge.topics.predictions, gauge.candidates[0].name
('pumps.predictions', 'logistic_regression')
"""

from schemas.gauge.candidates import Candidate, Step
from schemas.gauge.conditions import Conditions
from schemas.gauge.connection import Connection, Security
from schemas.gauge.decision import Decision
from schemas.gauge.drift import Drift
from schemas.gauge.evaluation import Evaluation
from schemas.gauge.fairness import Fairness
from schemas.gauge.features import Feature
from schemas.gauge.gauge import Gauge, parse, parse_meaning
from schemas.gauge.label import Arrival, LabelSection
from schemas.gauge.metric import MetricChoice, MetricTable
from schemas.gauge.notify import Form, Notify, Receiver
from schemas.gauge.operators import Operators
from schemas.gauge.paths import Path, Steps, steps
from schemas.gauge.record import RecordSection
from schemas.gauge.retraining import Burst, MetricTrigger, Retraining
from schemas.gauge.running import Serve, Server, Snapshots
from schemas.gauge.section import Section
from schemas.gauge.slices import Slice
from schemas.gauge.task import Task
from schemas.gauge.topics import Topics
from schemas.gauge.uncertainty import Abstain, Uncertainty
from schemas.gauge.values import LARGEST_NUMBER, ClassValue, class_name
from schemas.problems import GaugeError

__all__ = [
    "LARGEST_NUMBER",
    "Abstain",
    "Arrival",
    "Burst",
    "Candidate",
    "ClassValue",
    "Conditions",
    "Connection",
    "Decision",
    "Drift",
    "Evaluation",
    "Fairness",
    "Feature",
    "Form",
    "Gauge",
    "GaugeError",
    "LabelSection",
    "MetricChoice",
    "MetricTable",
    "MetricTrigger",
    "Notify",
    "Operators",
    "Path",
    "Receiver",
    "RecordSection",
    "Retraining",
    "Section",
    "Security",
    "Serve",
    "Server",
    "Slice",
    "Snapshots",
    "Step",
    "Steps",
    "Task",
    "Topics",
    "Uncertainty",
    "class_name",
    "parse",
    "parse_meaning",
    "steps",
]
