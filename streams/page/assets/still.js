"use strict";
// Draws the plots of a page that stands. Without it the page is whole, with tables for plots.

JSON.parse(document.getElementById("tiles").textContent).forEach(draw);
// Where there is a picture its figures are one click away.
document.querySelectorAll("details.figures").forEach((one) => { one.open = false; });
