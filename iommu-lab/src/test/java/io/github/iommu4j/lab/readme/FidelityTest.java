package io.github.iommu4j.lab.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the list of the core's rules, their tests and {@link KernelRelease} together. */
final class FidelityTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern ROW = Pattern.compile("^\\| (R\\d+) \\|.*\\| ([^|]+) \\|$", Pattern.MULTILINE);
    private static final Pattern TEST = Pattern.compile("`(\\w+)#(\\w+)`");
    private static final Pattern RULE_METHOD = Pattern.compile("void (R\\d{2,3})_(\\w+)\\(");

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/fidelity.md"));
    }

    /** The lines between a heading and the next one. */
    private static List<String> linesUnder(String heading) throws IOException {
        return page().lines()
                .dropWhile(line -> !line.equals(heading))
                .skip(1)
                .takeWhile(line -> !line.startsWith("#"))
                .toList();
    }

    /** For each class of tests, by its simple name, its source. */
    private static Map<String, String> testSources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java")
                            && file.toString().contains("src" + File.separator + "test"))
                    .collect(Collectors.toMap(
                            FidelityTest::simpleName, FidelityTest::read, String::concat, TreeMap::new));
        }
    }

    private static String simpleName(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(0, name.length() - ".java".length());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Test
    void everyListedRuleHasTestsThatExist() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        Matcher row = ROW.matcher(page());
        int rows = 0;
        while (row.find()) {
            rows++;
            Matcher test = TEST.matcher(row.group(2));
            boolean any = false;
            while (test.find()) {
                any = true;
                if (!sources.getOrDefault(test.group(1), "").contains("void " + test.group(2) + "(")) {
                    missing.add(row.group(1) + ": " + test.group());
                }
            }
            if (!any) {
                missing.add(row.group(1) + " has no test");
            }
        }
        assertThat(missing).isEmpty();
        assertThat(rows).isGreaterThan(60);
    }

    @Test
    void everyTestOfARuleIsListed() throws IOException {
        String page = page();
        Set<String> unlisted = new TreeSet<>();
        testSources().forEach((name, source) -> {
            Matcher method = RULE_METHOD.matcher(source);
            while (method.find()) {
                String entry = "`" + name + "#" + method.group(1) + "_" + method.group(2) + "`";
                if (!page.contains(entry)) {
                    unlisted.add(entry);
                }
            }
        });
        assertThat(unlisted).isEmpty();
    }

    @Test
    void everyDifferenceBetweenReleasesIsListedAsItIs() throws IOException, ReflectiveOperationException {
        List<String> listed = linesUnder("### Differences between releases").stream()
                .filter(line -> line.matches("\\| `\\w+` \\|.*"))
                .sorted()
                .toList();
        List<String> actual = new ArrayList<>();
        for (Method rule : KernelRelease.class.getDeclaredMethods()) {
            boolean isRule = Modifier.isPublic(rule.getModifiers())
                    && !Modifier.isStatic(rule.getModifiers())
                    && rule.getParameterCount() == 0;
            if (isRule) {
                actual.add(row(rule));
            }
        }
        actual.sort(null);
        assertThat(listed).isEqualTo(actual);
    }

    private static String row(Method rule) throws ReflectiveOperationException {
        StringBuilder row = new StringBuilder("| `" + rule.getName() + "` |");
        for (KernelRelease release : KernelRelease.values()) {
            Object answer = rule.invoke(release);
            String word = answer instanceof Boolean holds ? (holds ? "yes" : "no") : String.valueOf(answer);
            row.append(' ').append(word).append(" |");
        }
        return row.toString();
    }
}
