from betatel_exporter.web.history import SPAN, STEP, History, Point


def add(history: History, time: float) -> None:
    history.add(Point(time, up=True, requests=time, failed=None, unreached=None))


def test_it_keeps_an_hour_in_bounded_memory_however_often_it_is_scraped() -> None:
    for interval in (0.01, 1.0, 7.0, 60.0, 900.0):
        history = History()
        for number in range(20_000):
            add(history, number * interval)
        points = history.points()
        newest = 19_999 * interval
        assert points[-1].time == newest
        assert points[0].time >= newest - SPAN
        assert len(points) <= 2 * SPAN / STEP + 2
        assert newest - points[0].time >= min(newest, SPAN) - max(interval, 2 * STEP)
