"""What the environment says about files."""

from pathlib import Path

from platformdirs import user_data_path, user_state_path

from labctl.settings import Settings


def test_progress_is_data_and_the_rest_is_state() -> None:
    found = Settings.read({"HOME": "/home/me"})
    assert found.learner == user_data_path("labctl") / "progress.json"
    assert found.home == user_state_path("labctl")
    assert found.step_summary is None


def test_labctl_home_holds_both(tmp_path: Path) -> None:
    found = Settings.read({"LABCTL_HOME": str(tmp_path)})
    assert (found.home, found.learner) == (tmp_path, tmp_path / "progress.json")


def test_a_ci_job_names_its_page(tmp_path: Path) -> None:
    found = Settings.read({"GITHUB_STEP_SUMMARY": str(tmp_path / "page.md")})
    assert found.step_summary == tmp_path / "page.md"
