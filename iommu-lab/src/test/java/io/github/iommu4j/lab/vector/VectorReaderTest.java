package io.github.iommu4j.lab.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.lab.capture.CaptureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorReaderTest {

    private static final Dialect DIALECT = new Dialect(
            List.of(Member.number("ias", 64), Member.flag("coherent")),
            Map.of(
                    "go",
                    new Dialect.Shape(
                            List.of(Member.number("iova"), Member.word("way", "up", "down")),
                            List.of(
                                    Member.numberOrWord("ret"),
                                    Member.flag("bug").optional()))),
            Map.of("all", 0, "page", 2),
            List.of("sync"),
            List.of(Member.number("max_addr").optional()));

    private static final String SEQ = "{'t':'seq','name':'n','fmt':'F','word':'0x8','phys_base':'0x1000',"
            + "'cfg':{'ias':'0x20','coherent':true},'ok':true,'out':{'a':'0x1'},'mem':[['alloc','0x1000','0x1000']]}";
    private static final String GO = "{'t':'op','i':0,'op':'go','iova':'0x10','way':'up','ret':'0x5',"
            + "'tlb':[['all'],['page','0x1','0x2']],'dma':[['sync','0x10','0x8','0x3']],'warn':'0x2'}";
    private static final String CHK = "{'t':'chk','i':1,'blocks':[['0x1000','0x1000']],"
            + "'words':[['0x1000','0xfffffffffffff003','0x3','0x1000'],['0x2000','0x1']],"
            + "'leaves':[['0x0','0x1000','0x3','0x2','0x1000']],'phys':[['0x0','0x5']]}";
    private static final String END = "{'t':'end','i':2,'mem':[['free','0x1000','0x1000']]}";

    @TempDir
    private Path temporary;

    private List<VectorRow> read(String... lines) throws IOException, CaptureException {
        Path file = temporary.resolve("file.jsonl");
        Files.writeString(file, String.join("\n", lines).replace('\'', '"') + "\n");
        List<VectorRow> rows = new ArrayList<>();
        try (VectorReader reader = VectorReader.open(file, format -> format.equals("F") ? DIALECT : null)) {
            for (VectorRow row = reader.next(); row != null; row = reader.next()) {
                rows.add(row);
            }
        }
        return rows;
    }

    @Test
    void aSequenceIsReadWithItsRunsDrawnOut() throws IOException, CaptureException {
        List<VectorRow> rows = read(SEQ, GO, CHK, END, SEQ.replace("true,'out':{'a':'0x1'}", "false"));
        VectorRow.Start start = (VectorRow.Start) rows.get(0);
        assertThat(start.request().number("ias")).isEqualTo(32);
        assertThat(start.request().flag("coherent")).isTrue();
        assertThat(start.place()).isEqualTo(new VectorRow.Place(0x1000, 8, 0x1000));
        assertThat(start.outputs().values()).containsExactly(Map.entry("a", 1L));
        VectorRow.Call call = (VectorRow.Call) rows.get(1);
        assertThat(call).hasToString("go iova=0x10 way=up");
        assertThat(call.answers().values()).containsExactly(Map.entry("ret", 5L));
        assertThat(call.effects().tlb()).containsExactly(TableEvent.of("all"), TableEvent.of("page", 1L, 2L));
        assertThat(call.effects().dma())
                .containsExactly(
                        TableEvent.of("sync", 16L, 8L), TableEvent.of("sync", 24L, 8L), TableEvent.of("sync", 32L, 8L));
        assertThat(call.effects().warnings()).isEqualTo(2);
        VectorRow.Checkpoint checkpoint = (VectorRow.Checkpoint) rows.get(2);
        assertThat(checkpoint.state().words())
                .containsExactly(
                        Map.entry(0x1000L, -0xFFDL),
                        Map.entry(0x1008L, 3L),
                        Map.entry(0x1010L, 0x1003L),
                        Map.entry(0x2000L, 1L));
        assertThat(checkpoint.state().leaves())
                .containsExactly(
                        Map.entry(0L, new TableState.Leaf(0x1000, 3)),
                        Map.entry(0x1000L, new TableState.Leaf(0x1000, 0x1003)));
        assertThat(checkpoint.translations()).containsExactly(new VectorRow.Translation(0, 5));
        assertThat(rows.get(3)).isInstanceOf(VectorRow.End.class);
        assertThat(((VectorRow.Start) rows.get(4)).accepted()).isFalse();
        assertThat(rows.get(1)).isNotEqualTo(rows.get(2));
    }

    @Test
    void optionalMembersMayBeThere() throws IOException, CaptureException {
        List<VectorRow> rows = read(
                SEQ,
                GO.replace("'ret':'0x5'", "'ret':'BUG','bug':true"),
                CHK.replace("'blocks'", "'max_addr':'0x7','blocks'"),
                END);
        assertThat(((VectorRow.Call) rows.get(1)).answers().values())
                .containsExactly(Map.entry("ret", "BUG"), Map.entry("bug", true));
        assertThat(((VectorRow.Checkpoint) rows.get(2)).more().number("max_addr"))
                .isEqualTo(7);
    }

    @Test
    void aDescriptorOfARunWrapsAtItsWidth() throws IOException, CaptureException {
        List<VectorRow> rows = read(
                SEQ.replace("'0x8','phys", "'0x4','phys"),
                CHK.replace("'i':1", "'i':0").replace("0xfffffffffffff003", "0xfffff003"),
                END.replace("'i':2", "'i':1"));
        assertThat(((VectorRow.Checkpoint) rows.get(1)).state().words())
                .containsEntry(0x1000L, 0xFFFF_F003L)
                .containsEntry(0x1004L, 3L);
    }

    private void requireRefused(String expected, String... lines) {
        assertThatThrownBy(() -> read(lines))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("file.jsonl")
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'t':'seq'        | 't':'op'                | line 1.t should be 'seq': no sequence has begun",
                "'t':'seq',       | 'x':1,'t':'seq',        | line 1 should be without 'x'",
                "'t':'seq',       | 't':'seq'               | line 1: is not JSON",
                "'fmt':'F'        | 'fmt':'G'               | 'G' has none",
                "'fmt':'F'        | 'fmt':7                 | line 1.fmt should be a string",
                "'fmt':'F',       | -                       | line 1.fmt is missing",
                "'word':'0x8'     | 'word':'0x2'            | line 1.word should be 0x4 or 0x8",
                "'word':'0x8'     | 'word':'8'              | line 1.word should be a hexadecimal number",
                "'word':'0x8'     | 'word':'0x8','cpu_page':'0x2000' | line 1.cpu_page should be 0x1000, 0x4000 or 0x10000",
                "'phys_base':'0x1000' | 'phys_base':'0x1008' | line 1.phys_base should be a multiple of cpu_page",
                "'phys_base':'0x1000' | 'phys_base':'0x10000000000000' | line 1.phys_base should be at most 0x",
                "'ias':'0x20'     | 'ias':'0x41'            | line 1.cfg.ias should be at most 0x40",
                "'ias':'0x20'     | 'ias':'0x11112222333344445' | line 1.cfg.ias should be a hexadecimal number of up to 64 bits",
                "'ias':'0x20',    | -                       | line 1.cfg.ias is missing",
                "'coherent':true  | 'coherent':1            | line 1.cfg.coherent should be true or false",
                "'coherent':true  | 'coherent':true,'y':1   | line 1.cfg should be without 'y'",
                "'ok':true        | 'ok':'yes'              | line 1.ok should be true or false",
                "'ok':true        | 'ok':true,'splits':0    | line 1.splits should be true or false",
                ",'out':{'a':'0x1'} | -                     | line 1.out is missing",
                "'out':{'a':'0x1'} | 'out':{'a':1}          | line 1.out.a should be a string",
                "['alloc','0x1000','0x1000'] | ['lend','0x1000','0x1000'] | line 1.mem[0] should be an event that begins with one of [alloc, fail, free]",
                "['alloc','0x1000','0x1000'] | ['alloc','0x1000'] | line 1.mem[0] should be 'alloc' and 2 numbers",
                "['alloc','0x1000','0x1000'] | []            | line 1.mem[0] should be an event",
                "['alloc','0x1000','0x1000'] | {}            | line 1.mem[0] should be an array",
            })
    void aBrokenStartIsRefused(String before, String after, String rule) {
        String broken = SEQ.replace(before, after.equals("-") ? "" : after);
        assertThat(broken).isNotEqualTo(SEQ);
        requireRefused(rule, broken, GO, CHK, END);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'i':0            | 'i':1                   | line 2.i should be the row's number in its sequence, 0",
                "'i':0            | 'i':0.5                 | line 2.i should be a whole number",
                "'i':0,           | -                       | line 2.i is missing",
                "'t':'op'         | 't':'seq'               | line 2.t should be 'op', 'chk' or 'end' within a sequence",
                "'op':'go'        | 'op':'run'              | line 2.op should be one of [go], not 'run'",
                "'iova':'0x10',   | -                       | line 2.iova is missing",
                "'way':'up'       | 'way':'left'            | line 2.way should be one of [up, down], not 'left'",
                "'ret':'0x5'      | 'ret':5                 | line 2.ret should be a string",
                "'ret':'0x5'      | 'ret':'0x5','z':'0x1'   | line 2 should be without 'z'",
                "'warn':'0x2'     | 'warn':2                | line 2.warn should be a string",
                "['sync','0x10','0x8','0x3'] | ['sync','0x10'] | line 2.dma[0] should be 'sync', an address, a size and perhaps a count",
                "['sync','0x10','0x8','0x3'] | ['sync','0x10','0x8','0x0'] | line 2.dma[0] should be at most",
                "['sync','0x10','0x8','0x3'] | ['sync','0x10','0x8','0xffffffffffff'] | line 2.dma[0] should be at most",
                "['page','0x1','0x2'] | ['page','0x1','0x2','0x3'] | line 2.tlb[1] should be 'page' and 2 numbers",
            })
    void aBrokenCallIsRefused(String before, String after, String rule) {
        String broken = GO.replace(before, after.equals("-") ? "" : after);
        assertThat(broken).isNotEqualTo(GO);
        requireRefused(rule, SEQ, broken, CHK, END);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'blocks'         | 'stones'                | line 3 should be without 'stones'",
                "'words':         | 'words':0,'words':      | line 4.i",
                "['0x2000','0x1'] | ['0x2000']              | line 3.words[1] should be an address, a value and perhaps",
                "['0x2000','0x1'] | ['0x2000','0x1','0x2']  | line 3.words[1] should be an address, a value and perhaps",
                "['0x2000','0x1'] | ['0x1010','0x1']        | line 3.words[1] should be about addresses that are not listed twice, as 0x1010 is",
                "'0x3','0x1000'], | '0x0','0x1000'],        | line 3.words[0] should be at most",
                "'0x3','0x1000'], | '0xffffffffffffffff','0x1000'], | line 3.words[0] should be at most",
                "['0x0','0x5']    | ['0x0']                 | line 3.phys[0] should be an input and an output address",
                "'0x3','0x2','0x1000'] | '0x3','0x2']       | line 3.leaves[0] should be an address, a size",
                "[['0x1000','0x1000']] | [['0x1000']]       | line 3.blocks[0] should be an address and a size",
            })
    void aBrokenCheckpointIsRefused(String before, String after, String rule) {
        String broken = CHK.replace(before, after);
        assertThat(broken).isNotEqualTo(CHK);
        requireRefused(rule, SEQ, GO, broken, rule.equals("line 4.i") ? END.replace("2", "3") : END);
    }

    @Test
    void aSequenceMustEnd() {
        requireRefused("line 3 should not be the last: the sequence 'n' has no end", SEQ, GO, CHK);
        requireRefused("line 4 should be without 'x'", SEQ, GO, CHK, END.replace("'i'", "'x':0,'i'"));
    }

    @Test
    void aLineIsOneValueWithoutEnd() throws IOException {
        requireRefused("line 2: is not JSON", SEQ, GO + GO, CHK, END);
        requireRefused("line 1: is not JSON", "[".repeat(100_000));
        Path file = temporary.resolve("long.jsonl");
        Files.write(file, new byte[(1 << 26) + 1]);
        assertThatThrownBy(() -> {
                    try (VectorReader reader = VectorReader.open(file, format -> null)) {
                        reader.next();
                    }
                })
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("line 1: is longer than");
    }
}
