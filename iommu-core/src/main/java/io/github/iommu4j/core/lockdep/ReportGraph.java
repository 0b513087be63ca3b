package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.core.lockdep.LockReport.Circular;
import io.github.iommu4j.core.lockdep.LockReport.IrqInversion;
import io.github.iommu4j.core.lockdep.LockReport.IrqOrder;
import io.github.iommu4j.core.lockdep.LockReport.Link;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Draws a report's classes and orders in Graphviz's language; the order that is wrong is red. */
final class ReportGraph {

    private record Arrow(LockName from, LockName to, boolean isNew) {}

    private ReportGraph() {}

    static String of(LockReport report) {
        StringBuilder text = new StringBuilder(512);
        text.append("digraph locks {\n  label=").append(quoted(report.title())).append(";\n  node [shape=box];\n");
        report.classes().stream()
                .distinct()
                .forEach(name -> text.append("  ")
                        .append(quoted(name.plain()))
                        .append(" [label=")
                        .append(quoted(name.plain() + "\\n{" + name.usage() + "}"))
                        .append("];\n"));
        for (Arrow arrow : arrows(report)) {
            text.append("  ")
                    .append(quoted(arrow.from.plain()))
                    .append(" -> ")
                    .append(quoted(arrow.to.plain()))
                    .append(arrow.isNew ? " [color=red];\n" : ";\n");
        }
        return text.append("}\n").toString();
    }

    private static List<Arrow> arrows(LockReport report) {
        List<Arrow> arrows = new ArrayList<>();
        switch (report.kind()) {
            case CIRCULAR -> {
                List<Link> chain = ((Circular) report).chain();
                for (int i = chain.size() - 1; i > 0; i--) {
                    arrows.add(new Arrow(chain.get(i).name(), chain.get(i - 1).name(), false));
                }
                arrows.add(new Arrow(
                        chain.get(0).name(), chain.get(chain.size() - 1).name(), true));
            }
            case RECURSIVE ->
                arrows.add(new Arrow(report.classes().get(0), report.classes().get(0), true));
            case IRQ_ORDER -> {
                IrqOrder order = (IrqOrder) report;
                follow(order.safe(), arrows);
                arrows.add(new Arrow(
                        order.safe().get(order.safe().size() - 1).name(),
                        order.unsafe().get(0).name(),
                        true));
                follow(order.unsafe(), arrows);
            }
            case IRQ_INVERSION -> {
                IrqInversion inversion = (IrqInversion) report;
                List<Link> path = new ArrayList<>(inversion.path());
                if (inversion.change() == IrqInversion.Change.BECAME_UNSAFE) {
                    Collections.reverse(path);
                }
                follow(path, arrows);
            }
            default -> {
                // The others are about one class.
            }
        }
        return arrows;
    }

    private static void follow(List<Link> path, List<Arrow> arrows) {
        for (int i = 1; i < path.size(); i++) {
            arrows.add(new Arrow(path.get(i - 1).name(), path.get(i).name(), false));
        }
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\\\"") + '"';
    }
}
