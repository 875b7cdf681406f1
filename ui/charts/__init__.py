"""From numbers to figures, by pure functions; only `options` draws, the choices of a visitor.

loss          loss over a training
overlay       several runs on one chart
heads         what each head costs and looks at
row           what one place looks at
receipt       what each part adds to a prediction
film          figures over the kept steps
figures       small figures as HTML, on a page and on paper
drawings      curves and large tables as SVG, on a page and on paper
ranks         two orders of the same things, what was guessed and what came out
figure_style  how those look
shades        numbers as colours, cell by cell
numerals      numbers in a language that writes them otherwise than English
axes          units, ends, ticks
options       how a visitor wants charts drawn
vectors       where tokens lie, and who is near whom
reliability   whether probabilities were kept
"""
