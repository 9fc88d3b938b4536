import os
import signal

import pytest

from labctl.interrupts import held, shielded


def test_a_shielded_block_ends_whatever_is_pressed() -> None:
    with shielded():
        os.kill(os.getpid(), signal.SIGINT)
        done = True
    assert done
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_held_signal_comes_when_the_block_has_ended() -> None:
    done = False
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - where it is raised is the point
        with held():
            os.kill(os.getpid(), signal.SIGINT)
            done = True
        pytest.fail("the signal was lost")
    assert done
