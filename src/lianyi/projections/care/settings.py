"""What the section ``[privacy]`` of ``lianyi.toml`` says about treatment."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section

DEPARTMENTS = ("DEPT", "WARD", "TEAM", "DEPARTMENT", "科室", "病区", "病房", "医疗组", "护理单元")


class PrivacySettings(Section):
    """Until when somebody treats a patient, and what is a department.

    Attributes:
        treatment_days_after: for so many days after an encounter ended, or after somebody's part
            in it did, he still treats the patient, so that the record can be finished; 0: until
            it ends.
        department_categories: categories of organisations in the master data, in capitals or not,
            that are a department or less: a role for treatment in one of these reaches down to
            the wards below it; one higher up, such as in a hospital, does not.
    """

    treatment_days_after: int = Field(default=30, ge=0, le=3650)
    department_categories: tuple[str, ...] = DEPARTMENTS
