package io.github.iommu4j.lab.report;

import java.util.List;
import java.util.Locale;

/** Boxes with text, arrows between them, and a frame that grows with both. Lengths in pixels, y downwards. */
final class SvgPicture {

    private static final double CHARACTER = 8;
    private static final double LINE = 18;
    private static final double PADDING = 12;
    private static final double MARGIN = 16;
    private static final double LOOP = 48;
    private static final int REPLACEMENT = 0xfffd;

    /** A way to draw an arrow. */
    enum Pen {
        BLACK("#333", 1.5),
        RED("#c22", 1.5),
        THICK_RED("#c22", 3);

        private final String colour;
        private final double width;

        Pen(String colour, double width) {
            this.colour = colour;
            this.width = width;
        }

        private String head() {
            return this == BLACK ? "black-head" : "red-head";
        }
    }

    private record Point(double x, double y) {}

    /** A box by its centre. */
    record Box(double x, double y, double width, double height, List<String> lines) {

        static Box at(double x, double y, List<String> lines) {
            return new Box(x, y, boxWidth(lines), LINE * lines.size() + PADDING, lines);
        }

        /** Where the line from the centre to a point leaves the box. */
        private Point towards(Point target) {
            double dx = target.x - x;
            double dy = target.y - y;
            double scale = Math.min(width / 2 / Math.abs(dx), height / 2 / Math.abs(dy));
            return new Point(x + dx * scale, y + dy * scale);
        }
    }

    private final StringBuilder lines = new StringBuilder(1 << 10);
    private final StringBuilder labels = new StringBuilder(1 << 10);
    private double left;
    private double right;
    private double top;
    private double bottom;

    static double textWidth(String text) {
        return CHARACTER * text.codePointCount(0, text.length());
    }

    static double boxWidth(List<String> lines) {
        return lines.stream().mapToDouble(SvgPicture::textWidth).max().orElse(0) + 2 * PADDING;
    }

    private void reach(double x, double y, double halfWidth, double halfHeight) {
        left = Math.min(left, x - halfWidth);
        right = Math.max(right, x + halfWidth);
        top = Math.min(top, y - halfHeight);
        bottom = Math.max(bottom, y + halfHeight);
    }

    void add(Box box) {
        reach(box.x, box.y, box.width / 2, box.height / 2);
        print(
                labels,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" fill=\"#eef\" stroke=\"#333\"/>%n",
                box.x - box.width / 2,
                box.y - box.height / 2,
                box.width,
                box.height);
        double y = box.y - LINE * (box.lines.size() - 1) / 2;
        for (String line : box.lines) {
            text(box.x, y, line);
            y += LINE;
        }
    }

    /** An arrow that bends to its left by so much at its middle's control point. */
    void arrow(Box from, Box to, double bend, Pen pen, String label) {
        double dx = to.x - from.x;
        double dy = to.y - from.y;
        double length = Math.hypot(dx, dy);
        Point control = new Point((from.x + to.x) / 2 + bend * dy / length, (from.y + to.y) / 2 - bend * dx / length);
        Point start = from.towards(control);
        Point end = to.towards(control);
        path(pen, "M %.1f %.1f Q %.1f %.1f %.1f %.1f", start.x, start.y, control.x, control.y, end.x, end.y);
        label((start.x + 2 * control.x + end.x) / 4, (start.y + 2 * control.y + end.y) / 4, label);
    }

    /** An arrow from a box to itself, at its right side. */
    void loop(Box box, Pen pen, String label) {
        double x = box.x + box.width / 2;
        double outer = x + LOOP;
        path(
                pen,
                "M %.1f %.1f C %.1f %.1f %.1f %.1f %.1f %.1f",
                x,
                box.y - box.height / 4,
                outer,
                box.y - box.height / 2,
                outer,
                box.y + box.height / 2,
                x,
                box.y + box.height / 4);
        label(outer + textWidth(label) / 2, box.y, label);
    }

    private void path(Pen pen, String shape, Object... coordinates) {
        print(
                lines,
                "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" marker-end=\"url(#%s)\"/>%n",
                String.format(Locale.ROOT, shape, coordinates),
                pen.colour,
                pen.width,
                pen.head());
    }

    private void label(double x, double y, String label) {
        if (label.isEmpty()) {
            return;
        }
        double width = textWidth(label);
        reach(x, y, width / 2, LINE / 2);
        print(
                labels,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#fff\"/>%n",
                x - width / 2,
                y - LINE / 2,
                width,
                LINE);
        text(x, y, label);
    }

    private void text(double x, double y, String text) {
        print(labels, "<text x=\"%.1f\" y=\"%.1f\">%s</text>%n", x, y, escaped(text));
    }

    /** The document, with two lines above the picture. */
    String toSvg(String title, String subtitle) {
        double middle = (left + right) / 2;
        double titleWidth = Math.max(textWidth(title), textWidth(subtitle));
        double titleY = top - MARGIN - 2 * LINE;
        text(middle, titleY, title);
        text(middle, titleY + LINE, subtitle);
        reach(middle, titleY, titleWidth / 2, LINE / 2);
        StringBuilder svg = new StringBuilder(1 << 12);
        double width = right - left + 2 * MARGIN;
        double height = bottom - top + 2 * MARGIN;
        print(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%.0f\" height=\"%.0f\""
                        + " viewBox=\"%.1f %.1f %.1f %.1f\" font-family=\"monospace\" font-size=\"13\""
                        + " text-anchor=\"middle\" dominant-baseline=\"central\">%n<title>%s</title>%n<defs>%n",
                Math.ceil(width),
                Math.ceil(height),
                left - MARGIN,
                top - MARGIN,
                width,
                height,
                escaped(title));
        head(svg, Pen.BLACK);
        head(svg, Pen.RED);
        return svg.append("</defs>\n")
                .append(lines)
                .append(labels)
                .append("</svg>\n")
                .toString();
    }

    private static void head(StringBuilder svg, Pen pen) {
        print(
                svg,
                "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"10\" markerHeight=\"10\""
                        + " markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
                        + "<path d=\"M 0 0 L 10 5 L 0 10 z\" fill=\"%s\"/></marker>%n",
                pen.head(),
                pen.colour);
    }

    private static void print(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format.replace("%n", "\n"), values));
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(character -> {
            switch (character) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                default -> escaped.appendCodePoint(isXml(character) ? character : REPLACEMENT);
            }
        });
        return escaped.toString();
    }

    /** The characters of XML 1.0, section 2.2. */
    private static boolean isXml(int character) {
        return character >= ' ' && character <= 0xd7ff
                || character >= 0xe000 && character <= 0xfffd
                || character >= 0x10000
                || character == '\t';
    }
}
