"""Whether encoded content can be learned from, said right after it was encoded."""

from backend.data.health.findings import Finding, ordered
from backend.data.health.vectors import Vectors, vector_findings
from backend.features.extract import Extraction


def feature_quality(found: Extraction) -> tuple[Finding, ...]:
    """What is wrong with the vectors of one modality, the gravest first: no numbers, dead rows,
    constant places, wildly different scales, one vector for all, hardly any rank."""
    values, present = found.table.values.numpy(), found.table.present.numpy()
    return ordered(vector_findings(Vectors(found.modality, values, present, found.keys)))
