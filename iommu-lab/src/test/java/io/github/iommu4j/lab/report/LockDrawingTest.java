package io.github.iommu4j.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.core.lockdep.Acquisition;
import io.github.iommu4j.core.lockdep.LockKind;
import io.github.iommu4j.core.lockdep.LockMap;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockTask;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import io.github.iommu4j.lab.museum.Exhibition;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Drawings are well-formed, whole, and inside their frame. */
final class LockDrawingTest {

    private record Rectangle(double x, double y, double width, double height) {

        static Rectangle of(Element element) {
            return new Rectangle(
                    number(element, "x"), number(element, "y"), number(element, "width"), number(element, "height"));
        }

        boolean isIn(Rectangle other) {
            return x >= other.x
                    && y >= other.y
                    && x + width <= other.x + other.width
                    && y + height <= other.y + other.height;
        }

        boolean meets(Rectangle other) {
            return x < other.x + other.width
                    && other.x < x + width
                    && y < other.y + other.height
                    && other.y < y + height;
        }
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    private static Element parse(String svg) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg)))
                    .getDocumentElement();
        } catch (Exception malformed) {
            throw new AssertionError(svg, malformed);
        }
    }

    private static List<Element> elements(Element root, String name) {
        NodeList nodes = root.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static List<Element> arrows(Element root) {
        return elements(root, "path").stream()
                .filter(path -> path.hasAttribute("marker-end"))
                .toList();
    }

    private static List<String> texts(Element root) {
        return elements(root, "text").stream().map(Element::getTextContent).toList();
    }

    static Stream<Exhibit> ordersOfLocks() {
        return Exhibition.exhibits().stream()
                .filter(exhibit -> !exhibit.show(Condition.AS_IT_WAS).reports().isEmpty());
    }

    private static LockReport reportOf(String exhibit) {
        return Exhibition.find(exhibit)
                .orElseThrow()
                .show(Condition.AS_IT_WAS)
                .reports()
                .get(0);
    }

    private static LockReport cycle(String... names) {
        LockTask task = new LockTask("task");
        LockValidator validator = LockValidator.builder()
                .policy(ReportPolicy.DISABLE_AFTER_FIRST)
                .tasks(() -> task)
                .build();
        List<LockMap> locks = new ArrayList<>();
        for (String name : names) {
            locks.add(validator.map(new LockClass(name), LockKind.MUTEX));
        }
        for (int i = 0; i < names.length; i++) {
            takeBoth(validator, locks.get(i), locks.get((i + 1) % names.length));
        }
        return validator.reports().get(0);
    }

    private static void takeBoth(LockValidator validator, LockMap outer, LockMap inner) {
        validator.acquire(outer, Acquisition.EXCLUSIVE);
        validator.acquire(inner, Acquisition.EXCLUSIVE);
        validator.release(inner);
        validator.release(outer);
    }

    @ParameterizedTest
    @MethodSource("ordersOfLocks")
    void everyClassHasABoxAndEveryOrderAnArrow(Exhibit exhibit) {
        LockReport report = exhibit.show(Condition.AS_IT_WAS).reports().get(0);
        Element root = parse(LockDrawing.svg(report));
        assertThat(root.getTagName()).isEqualTo("svg");
        assertThat(texts(root)).contains(report.title());
        assertThat(texts(root))
                .containsAll(report.classes().stream().map(name -> name.plain()).toList());
        assertThat(arrows(root)).hasSameSizeAs(report.orders());
    }

    @ParameterizedTest
    @MethodSource("ordersOfLocks")
    void nothingLeavesTheFrameAndNoBoxCoversAnother(Exhibit exhibit) {
        assertFits(LockDrawing.svg(exhibit.show(Condition.AS_IT_WAS).reports().get(0)));
    }

    private static void assertFits(String svg) {
        Element root = parse(svg);
        String[] view = root.getAttribute("viewBox").split(" ", -1);
        Rectangle frame = new Rectangle(
                Double.parseDouble(view[0]),
                Double.parseDouble(view[1]),
                Double.parseDouble(view[2]),
                Double.parseDouble(view[3]));
        List<Rectangle> rectangles =
                elements(root, "rect").stream().map(Rectangle::of).toList();
        for (int i = 0; i < rectangles.size(); i++) {
            assertThat(rectangles.get(i).isIn(frame))
                    .as("%s in %s", rectangles.get(i), frame)
                    .isTrue();
            for (Rectangle other : rectangles.subList(0, i)) {
                assertThat(rectangles.get(i).meets(other))
                        .as("%s over %s in%n%s", rectangles.get(i), other, svg)
                        .isFalse();
            }
        }
        for (Element text : elements(root, "text")) {
            double half = 4.0 * text.getTextContent().length();
            assertThat(number(text, "x") - half).isGreaterThanOrEqualTo(frame.x);
            assertThat(number(text, "x") + half).isLessThanOrEqualTo(frame.x + frame.width);
        }
    }

    @Test
    void aCycleIsRedAndWhatClosesItIsThick() {
        Element root = parse(LockDrawing.svg(reportOf("vfio-2015-device-lock-cycle")));
        assertThat(arrows(root))
                .hasSize(3)
                .allSatisfy(arrow -> assertThat(arrow.getAttribute("stroke")).isEqualTo("#c22"));
        assertThat(arrows(root))
                .extracting(arrow -> arrow.getAttribute("stroke-width"))
                .containsExactly("1.5", "1.5", "3.0");
        assertThat(texts(root)).contains("new [TASK]");
    }

    @Test
    void aChainThatIsNoCycleIsBlackAndGoesDown() {
        Element root = parse(LockDrawing.svg(reportOf("vtd-2021-pasid-lock-inversion")));
        assertThat(arrows(root))
                .hasSize(2)
                .allSatisfy(arrow -> assertThat(arrow.getAttribute("stroke")).isEqualTo("#333"));
        assertThat(elements(root, "rect"))
                .extracting(box -> number(box, "y"))
                .isSorted()
                .hasSize(3);
    }

    @Test
    void aClassUnderItselfIsALoop() {
        Element root = parse(LockDrawing.svg(reportOf("vfio-2015-device-lock-error-path")));
        assertThat(arrows(root))
                .singleElement()
                .satisfies(arrow -> assertThat(arrow.getAttribute("d")).contains(" C "));
    }

    @Test
    void arrowsSayWhereAnOrderWasSeen() {
        Element root = parse(LockDrawing.svg(cycle("a", "b")));
        assertThat(texts(root))
                .anyMatch(text -> text.matches("LockDrawingTest\\.takeBoth:\\d+"))
                .anyMatch(text -> text.matches("new \\[TASK] LockDrawingTest\\.takeBoth:\\d+"));
    }

    @Test
    void namesOfAnyLengthAndCountFit() {
        assertFits(LockDrawing.svg(cycle("a", "b")));
        assertFits(LockDrawing.svg(cycle("a", "&a->a_very_long_name_of_a_lock_that_somebody_chose.inner.mutex", "c")));
        assertFits(LockDrawing.svg(cycle(
                IntStream.range(0, 24).mapToObj(i -> "&lock" + i + "->mutex").toArray(String[]::new))));
    }

    @Test
    void textIsEscaped() {
        List<String> texts =
                texts(parse(LockDrawing.svg(cycle("&a<b> \"c\" 'd' \uD83D\uDD12", "x\u0000y\uFFFFz\uD800"))));
        assertThat(texts).contains("&a<b> \"c\" 'd' \uD83D\uDD12", "x\uFFFDy\uFFFDz\uFFFD");
    }

    @Test
    void aPictureIsAsItsFile() throws IOException {
        String svg = LockDrawing.svg(reportOf("vtd-2025-probe-lock-cycle"));
        if (Boolean.getBoolean("iommu.golden.refresh")) {
            Files.writeString(Path.of("src/test/resources/report/probe-lock-cycle.svg"), svg);
        }
        try (InputStream golden = LockDrawingTest.class.getResourceAsStream("/report/probe-lock-cycle.svg")) {
            assertThat(golden).as("probe-lock-cycle.svg").isNotNull();
            assertThat(svg).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
