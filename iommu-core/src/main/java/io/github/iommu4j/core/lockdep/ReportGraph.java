package io.github.iommu4j.core.lockdep;

import io.github.iommu4j.core.lockdep.LockOrder.Novelty;
import io.github.iommu4j.core.lockdep.LockReport.Circular;
import io.github.iommu4j.core.lockdep.LockReport.IrqInversion;
import io.github.iommu4j.core.lockdep.LockReport.IrqOrder;
import io.github.iommu4j.core.lockdep.LockReport.Link;
import java.util.ArrayList;
import java.util.List;

/** A report's classes and orders, and their drawing in Graphviz's language; the order that is wrong is red. */
final class ReportGraph {

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
        for (LockOrder order : orders(report)) {
            text.append("  ")
                    .append(quoted(order.from().plain()))
                    .append(" -> ")
                    .append(quoted(order.to().plain()))
                    .append(order.novelty() == Novelty.NEW ? " [color=red];\n" : ";\n");
        }
        return text.append("}\n").toString();
    }

    static List<LockOrder> orders(LockReport report) {
        List<LockOrder> orders = new ArrayList<>();
        Trace here = report.scene().stack();
        switch (report.kind()) {
            case CIRCULAR -> {
                List<Link> chain = ((Circular) report).chain();
                for (int i = chain.size() - 1; i > 0; i--) {
                    orders.add(known(chain.get(i), chain.get(i - 1), chain.get(i - 1)));
                }
                orders.add(
                        fresh(chain.get(0).name(), chain.get(chain.size() - 1).name(), here));
            }
            case RECURSIVE -> {
                LockName name = report.classes().get(0);
                orders.add(fresh(name, name, here));
            }
            case IRQ_ORDER -> {
                IrqOrder order = (IrqOrder) report;
                follow(order.safe(), orders);
                LockName safe = order.safe().get(order.safe().size() - 1).name();
                orders.add(fresh(safe, order.unsafe().get(0).name(), here));
                follow(withoutUse(order.unsafe()), orders);
            }
            case IRQ_INVERSION -> {
                IrqInversion inversion = (IrqInversion) report;
                List<Link> path = withoutUse(inversion.path());
                if (inversion.change() == IrqInversion.Change.BECAME_SAFE) {
                    follow(path, orders);
                } else {
                    followBack(path, orders);
                }
            }
            default -> {
                // The others are about one class.
            }
        }
        return orders;
    }

    private static void follow(List<Link> path, List<LockOrder> orders) {
        for (int i = 1; i < path.size(); i++) {
            orders.add(known(path.get(i - 1), path.get(i), path.get(i)));
        }
    }

    private static void followBack(List<Link> path, List<LockOrder> orders) {
        for (int i = path.size() - 1; i > 0; i--) {
            orders.add(known(path.get(i), path.get(i - 1), path.get(i)));
        }
    }

    /** The last link's trace is where that class was used, not where it was taken under another. */
    private static List<Link> withoutUse(List<Link> path) {
        List<Link> links = new ArrayList<>(path);
        int last = links.size() - 1;
        links.set(last, new Link(links.get(last).name(), Trace.NONE));
        return links;
    }

    private static LockOrder known(Link held, Link taken, Link seen) {
        return new LockOrder(held.name(), taken.name(), seen.trace(), Novelty.KNOWN);
    }

    private static LockOrder fresh(LockName held, LockName taken, Trace where) {
        return new LockOrder(held, taken, where, Novelty.NEW);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\\\"") + '"';
    }
}
