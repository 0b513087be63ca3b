package io.github.iommu4j.lab.report;

import io.github.iommu4j.core.lockdep.LockName;
import io.github.iommu4j.core.lockdep.LockOrder;
import io.github.iommu4j.core.lockdep.LockOrder.Novelty;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReport.Kind;
import io.github.iommu4j.core.lockdep.Scene;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A lock report as a picture: its classes as boxes, on a circle where they form a cycle and below each other where not, and
 * its orders as arrows with the place where each was seen. A cycle is red, and what closes or joins is drawn thick.
 */
public final class LockDrawing {

    private static final int LINE_GAP = 40;
    private static final int ROW = 100;
    private static final int BEND = 60;

    private final LockReport report;
    private final Map<String, SvgPicture.Box> boxes = new LinkedHashMap<>();
    private final SvgPicture picture = new SvgPicture();

    private LockDrawing(LockReport report) {
        this.report = report;
    }

    /**
     * Draws a report.
     *
     * @param report what to draw
     * @return an SVG document, ended by a line feed
     */
    public static String svg(LockReport report) {
        LockDrawing drawing = new LockDrawing(report);
        drawing.place();
        report.orders().forEach(drawing::draw);
        drawing.boxes.values().forEach(drawing.picture::add);
        Scene scene = report.scene();
        return drawing.picture.toSvg(report.title(), scene.task() + " [" + scene.context() + "]");
    }

    private boolean isCycle() {
        return report.kind() == Kind.CIRCULAR || report.kind() == Kind.RECURSIVE;
    }

    /** In the order in which arrows lead from one to the next. */
    private List<LockName> names() {
        Map<String, LockName> names = new LinkedHashMap<>();
        for (LockOrder order : report.orders()) {
            names.putIfAbsent(order.from().plain(), order.from());
            names.putIfAbsent(order.to().plain(), order.to());
        }
        report.classes().forEach(name -> names.putIfAbsent(name.plain(), name));
        return new ArrayList<>(names.values());
    }

    private void place() {
        List<LockName> names = names();
        int count = names.size();
        double width = names.stream()
                .mapToDouble(name -> SvgPicture.boxWidth(lines(name)))
                .max()
                .orElse(0);
        double labels = report.orders().stream()
                .mapToDouble(order -> SvgPicture.textWidth(label(order)))
                .max()
                .orElse(0);
        double apart = width + labels + LINE_GAP;
        boolean round = isCycle() && count > 1;
        double radius = round ? apart / (2 * Math.sin(Math.PI / count)) : 0;
        double first = count == 2 ? Math.PI : -Math.PI / 2;
        for (int i = 0; i < count; i++) {
            double angle = first + 2 * Math.PI * i / count;
            double x = radius * Math.cos(angle);
            double y = round ? radius * Math.sin(angle) : (double) ROW * i;
            boxes.put(names.get(i).plain(), SvgPicture.Box.at(x, y, lines(names.get(i))));
        }
    }

    private static List<String> lines(LockName name) {
        return List.of(name.plain(), "{" + name.usage() + "}");
    }

    private String label(LockOrder order) {
        String where = order.where().frames().stream()
                .findFirst()
                .map(LockDrawing::place)
                .orElse("");
        String what = order.novelty() == Novelty.NEW ? "new [" + report.scene().context() + "]" : "";
        return what.isEmpty() || where.isEmpty() ? what + where : what + " " + where;
    }

    private static String place(StackTraceElement frame) {
        String owner = frame.getClassName();
        return owner.substring(owner.lastIndexOf('.') + 1) + "." + frame.getMethodName() + ":" + frame.getLineNumber();
    }

    private void draw(LockOrder order) {
        SvgPicture.Box from = box(order.from());
        SvgPicture.Box to = box(order.to());
        SvgPicture.Pen pen = pen(order);
        if (from.equals(to)) {
            picture.loop(from, pen, label(order));
        } else {
            // Two arrows between the same two boxes lie beside each other.
            picture.arrow(from, to, isCycle() && boxes.size() == 2 ? BEND : 0, pen, label(order));
        }
    }

    private SvgPicture.Pen pen(LockOrder order) {
        if (order.novelty() == Novelty.NEW) {
            return SvgPicture.Pen.THICK_RED;
        }
        return isCycle() ? SvgPicture.Pen.RED : SvgPicture.Pen.BLACK;
    }

    private SvgPicture.Box box(LockName name) {
        SvgPicture.Box box = boxes.get(name.plain());
        if (box == null) {
            throw new AssertionError(name + " is in no box");
        }
        return box;
    }
}
