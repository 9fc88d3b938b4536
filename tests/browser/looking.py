"""What a page is, as those see it who read it small, in the dark, by ear or by keyboard."""

from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

CONTRAST = """() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) => {
      value /= 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = numbers(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, two] = [light(numbers(style.color)), light(ground(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push({
      text: walker.currentNode.textContent.trim().slice(0, 40),
      ratio: (one + 0.05) / (two + 0.05),
      least: large ? 3 : 4.5,
    });
  }
  return found;
}"""

HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((heading) => heading.checkVisibility())
  .map((heading) => Number(heading.tagName[1]))"""

FAULTS = """() => {
  const faults = [];
  const name = (element) => (
    element.getAttribute("aria-label")
    || (element.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
      .map((id) => document.getElementById(id)?.textContent).join(" ")
    || element.textContent || element.title || ""
  ).trim();
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) {
    if (ids.filter((one) => one === id).length > 1) faults.push(`id ${id} is there twice`);
  }
  for (const element of document.querySelectorAll("a, button, summary, nav, main, aside, [role]")) {
    if (element.getAttribute("role") === "status") continue;
    if (!name(element)) faults.push(`${element.outerHTML.slice(0, 60)} has no name`);
  }
  for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const key of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (element.getAttribute(key) || "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) faults.push(`${key} names ${id}, which is not there`);
      }
    }
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) {
      faults.push(`${link.hash} leads nowhere`);
    }
  }
  for (const list of document.querySelectorAll("ul, ol")) {
    for (const child of list.children) {
      if (child.tagName !== "LI") faults.push(`${child.tagName} in a list`);
    }
  }
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(image.outerHTML);
  const landmarks = ["header", "main", "nav"].filter((tag) => !document.querySelector(tag));
  faults.push(...landmarks.map((tag) => `there is no ${tag}`));
  if (document.querySelectorAll("main").length > 1) faults.push("there are two mains");
  for (const element of document.querySelectorAll("[tabindex]")) {
    if (element.tabIndex > 0) faults.push("a tabindex above 0");
  }
  for (const element of document.body.querySelectorAll("p, h1, h2, h3, li, pre")) {
    const place = element.closest("header, main, nav, aside, [role=status]");
    if (!place) faults.push(`${element.outerHTML.slice(0, 60)} is in no landmark`);
  }
  // Chromium lets the keyboard scroll them by itself; other browsers do not.
  for (const element of document.querySelectorAll("pre, .wide")) {
    if (element.tabIndex !== 0) faults.push(`${element.outerHTML.slice(0, 60)} can't be scrolled`);
  }
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  return faults;
}"""

REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, summary, input, select, textarea, [tabindex='0']")]
  .filter((element) => element.checkVisibility())
  .map((element) => element.outerHTML)"""

FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return {
    html: element === document.body ? "" : element.outerHTML,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def weak(page: Page) -> list[Any]:
    """Texts whose contrast is below AA."""
    found = page.evaluate(CONTRAST)
    assert len(found) > 10
    return [one for one in found if one["ratio"] < one["least"]]


def headings(page: Page) -> list[int]:
    """The levels of the headings that are seen, in order."""
    found: list[int] = page.evaluate(HEADINGS)
    return found


def heading_faults(page: Page) -> list[str]:
    """Not one title, or a level that is left out on the way down."""
    levels = headings(page)
    faults = [] if levels.count(1) == 1 and levels[0] == 1 else [f"titles: {levels}"]
    pairs = pairwise(levels)
    return faults + [f"h{one} is followed by h{two}" for one, two in pairs if two > one + 1]


def faults(page: Page) -> list[str]:
    """What a screen reader would stumble over."""
    found: list[str] = page.evaluate(FAULTS)
    return found + heading_faults(page)


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    found: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found
