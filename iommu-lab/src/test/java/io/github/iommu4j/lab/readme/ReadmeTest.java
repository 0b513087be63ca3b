package io.github.iommu4j.lab.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.command.CommandLineProgram;
import io.github.iommu4j.lab.replay.smmuv3.ReferenceDeviation;
import io.github.iommu4j.lab.replay.vtd.VtdDeparture;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    private static final Path ROOT = Path.of("..");

    @Test
    void theExampleIsTheOneThatCompiles() throws IOException {
        String source = read("iommu-lab/src/test/java/io/github/iommu4j/lab/readme/ReadmeExample.java")
                .stripTrailing();
        String between = source.substring(source.indexOf("// readme: begin\n"), source.indexOf("// readme: end"));
        String example = between.lines()
                .skip(1)
                .map(String::strip)
                .collect(Collectors.joining("\n"))
                .strip();
        String readme = read("README.md").lines().map(String::strip).collect(Collectors.joining("\n"));
        assertThat(readme).contains(example.replace("out.print", "System.out.print"));
    }

    @Test
    void theOutputIsTheOneItPrints() throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ReadmeExample.run(new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertThat(read("README.md"))
                .contains(printed.toString(StandardCharsets.UTF_8).strip());
    }

    @Test
    void everyKnownDepartureOfTheReferenceIsDocumentedAndNoOther() throws IOException {
        Set<String> documented = Pattern.compile("^\\| `([A-Z0-9_]+)` \\|", Pattern.MULTILINE)
                .matcher(read("docs/fidelity.md"))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
        Set<String> known = Stream.<Enum<?>>concat(
                        Stream.concat(Arrays.stream(ReferenceDeviation.values()), Arrays.stream(VtdDeparture.values())),
                        Stream.concat(Arrays.stream(VtdDeviation.values()), Arrays.stream(PageTableErratum.values())))
                .map(Enum::name)
                .collect(Collectors.toSet());
        assertThat(documented).isEqualTo(known);
    }

    @Test
    void everyCommandIsInTheReadme() throws IOException {
        StringWriter help = new StringWriter();
        new CommandLineProgram(new PrintWriter(help), new PrintWriter(help)).run("--help");
        List<String> commands = Pattern.compile("^  ([a-z-]+)  ", Pattern.MULTILINE)
                .matcher(help.toString())
                .results()
                .map(match -> match.group(1))
                .filter(name -> !name.equals("demo"))
                .toList();
        assertThat(commands).hasSizeGreaterThan(5);
        String readme = read("README.md");
        assertThat(commands).allSatisfy(name -> assertThat(readme).contains("./iommu " + name + " "));
    }

    @Test
    void everyTestTheDocumentsNameExists() throws IOException {
        Set<String> present;
        try (Stream<Path> files = Files.walk(ROOT)) {
            present = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
        List<String> named = Pattern.compile("`([A-Z][A-Za-z0-9]*(?:Test|Properties))`")
                .matcher(read("docs/fidelity.md"))
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(named).isNotEmpty();
        assertThat(present).containsAll(named);
    }

    private static String read(String path) throws IOException {
        return Files.readString(ROOT.resolve(path));
    }
}
