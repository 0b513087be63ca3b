package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random entries made others, looked at after each store and by a task that fetches them word by word. */
class EntryWriterProperties {

    private static final long AT = 0x1000;
    private static final int[] CONFIGS = {0, 4, 5, 6, 7};

    /** Two entries of a kind, and what is written down twice of how one becomes the other. */
    private static final class Pair {
        private final EntryRules rules;
        private final StructureParts parts;
        private final long[] from;
        private final long[] to;
        private final PhysicalMemory memory;

        Pair(Random random, PhysicalMemory memory) {
            KernelRelease release = random.nextBoolean() ? KernelRelease.V6_12 : KernelRelease.V7_2;
            boolean stream = random.nextBoolean();
            this.memory = memory;
            this.parts = Structures.parts(memory, release);
            this.rules = stream ? new StreamEntryRules(release) : new ContextRules();
            this.from = stream ? ste(random, rules) : cd(random, rules);
            long[] other = stream ? ste(random, rules) : cd(random, rules);
            this.to = random.nextInt(3) == 0 ? similar(random, from, rules) : other;
            for (int i = 0; i < from.length; i++) {
                memory.store64(AT + 8L * i, from[i]);
            }
        }

        private static long[] ste(Random random, EntryRules rules) {
            long[] words = random(random);
            words[0] = StreamTableEntry.CONFIG.with(words[0], CONFIGS[random.nextInt(CONFIGS.length)]);
            words[0] = StreamTableEntry.V.with(words[0], random.nextInt(8) == 0 ? 0 : 1);
            return onlyUsed(words, rules);
        }

        private static long[] cd(Random random, EntryRules rules) {
            long[] words = random(random);
            words[0] = ContextDescriptor.V.with(words[0], random.nextInt(4) == 0 ? 0 : 1);
            return onlyUsed(words, rules);
        }

        private static long[] random(Random random) {
            return random.longs(EntryRules.WORDS).toArray();
        }

        /** A few bits of what is used are others. */
        private static long[] similar(Random random, long[] entry, EntryRules rules) {
            long[] words = entry.clone();
            for (int flips = random.nextInt(3); flips >= 0; flips--) {
                int word = random.nextInt(4);
                words[word] ^= 1L << random.nextInt(64) & rules.used(entry)[word] & ~(word == 0 ? 0xFL : 0);
            }
            return onlyUsed(words, rules);
        }

        private static long[] onlyUsed(long[] words, EntryRules rules) {
            long[] used = rules.used(words);
            for (int i = 0; i < words.length; i++) {
                words[i] &= used[i];
            }
            return words;
        }

        private boolean isValid(long[] entry) {
            return (entry[0] & (rules instanceof ContextRules ? ContextDescriptor.V : StreamTableEntry.V).mask()) != 0;
        }

        /** Words that would have to change at the same moment, bit by bit. */
        private int wordsAtOnce() {
            int words = 0;
            for (int word = 0; word < from.length; word++) {
                boolean atOnce = false;
                for (int bit = 0; bit < 64; bit++) {
                    atOnce |= differs(word, bit) && usedBefore(word, bit) && usedAfter(word, bit) && !isSafe(word, bit);
                }
                words += atOnce ? 1 : 0;
            }
            return words;
        }

        private int syncs() {
            int atOnce = wordsAtOnce();
            boolean any = false;
            boolean before = false;
            boolean after = false;
            boolean behindFirst = false;
            for (int word = 0; word < from.length; word++) {
                boolean critical = atOnce == 1 && hasWordAtOnce(word);
                for (int bit = 0; bit < 64; bit++) {
                    boolean differs = differs(word, bit);
                    any |= differs;
                    behindFirst |= differs && word > 0;
                    boolean early = !usedBefore(word, bit) || isSafe(word, bit) && usedAfter(word, bit);
                    before |= differs && !critical && early;
                    after |= differs && !critical && !early;
                }
            }
            if (atOnce > 1) {
                return 1 + (behindFirst ? 1 : 0) + (to[0] != 0 ? 1 : 0);
            }
            return atOnce == 0 ? any ? 1 : 0 : 1 + (before ? 1 : 0) + (after ? 1 : 0);
        }

        private boolean hasWordAtOnce(int word) {
            for (int bit = 0; bit < 64; bit++) {
                if (differs(word, bit) && usedBefore(word, bit) && usedAfter(word, bit) && !isSafe(word, bit)) {
                    return true;
                }
            }
            return false;
        }

        private boolean differs(int word, int bit) {
            return (from[word] >>> bit & 1) != (to[word] >>> bit & 1);
        }

        private boolean usedBefore(int word, int bit) {
            return (rules.used(from)[word] >>> bit & 1) != 0;
        }

        private boolean usedAfter(int word, int bit) {
            return (rules.used(to)[word] >>> bit & 1) != 0;
        }

        private boolean isSafe(int word, int bit) {
            return (rules.safe(from, to)[word] >>> bit & 1) != 0;
        }

        /** Whether what hardware finds is one of the two, as far as it looks. */
        private boolean looksLikeOneOfThem(long[] entry) {
            return looksLike(entry, from) || looksLike(entry, to);
        }

        private boolean looksLike(long[] entry, long[] other) {
            long[] used = rules.used(entry);
            long[] safe = rules.safe(from, to);
            for (int i = 0; i < used.length; i++) {
                if (((entry[i] ^ other[i]) & used[i] & ~safe[i]) != 0) {
                    return false;
                }
            }
            return true;
        }

        private void require(long[] seen) {
            boolean gap = wordsAtOnce() > 1 && !isValid(seen);
            assertThat(gap || looksLikeOneOfThem(seen))
                    .as("neither old nor new")
                    .isTrue();
        }
    }

    @Property(tries = 2000)
    void afterEachStoreThereIsTheOldEntryOrTheNewOne(@ForAll long seed) {
        StoreObserver memory = new StoreObserver(new SparseMemory());
        Pair pair = new Pair(new Random(seed), memory);
        memory.afterStore(() -> pair.require(EntryWriter.read(memory, AT)));
        int[] syncs = new int[1];
        new EntryWriter(pair.parts).write(AT, pair.to, pair.rules, () -> syncs[0]++);
        assertThat(EntryWriter.read(memory, AT)).isEqualTo(pair.to);
        assertThat(syncs[0]).isEqualTo(pair.syncs());
    }

    /**
     * A fetch that began before a sync is over when the sync is: the mutex stands for that. Within a fetch words may come
     * from different moments.
     */
    private static Exploration fetched(long seed) {
        return Interleavings.of(stage -> {
                    PhysicalMemory memory = stage.explored(new SparseMemory());
                    Pair pair = new Pair(new Random(seed), memory);
                    Mutex fetch = stage.locking().mutex(new LockClass("fetch"));
                    stage.task(
                            "writes",
                            () -> new EntryWriter(pair.parts).write(AT, pair.to, pair.rules, () -> {
                                fetch.lock();
                                fetch.unlock();
                            }));
                    stage.task("fetches", () -> {
                        for (int n = 0; n < 2; n++) {
                            long[] seen = new long[EntryRules.WORDS];
                            fetch.lock();
                            for (int word = 0; word < seen.length; word++) {
                                seen[word] = memory.load64(AT + 8L * word);
                            }
                            fetch.unlock();
                            pair.require(seen);
                        }
                    });
                    stage.atEnd(
                            "it is the new one",
                            () -> assertThat(EntryWriter.read(pair.memory, AT)).isEqualTo(pair.to));
                })
                .preemptionBound(2)
                .mostSchedules(300)
                .unshrunk()
                .exhaustive();
    }

    @Property(tries = 100)
    void aFetchFindsTheOldEntryOrTheNewOneInWhateverOrderWordsAreStored(@ForAll long seed) {
        fetched(seed).requireNothingFound();
    }

    @Example
    void everyFetchOfAFewChangesIsTried() {
        long schedules = 0;
        for (long seed = 1; seed <= 10; seed++) {
            schedules += fetched(seed).requireNothingFound().schedules();
        }
        System.out.println("FIGURE explored fetches of entries being rewritten: " + schedules + " schedules");
        assertThat(schedules).isGreaterThan(500);
    }
}
