package io.github.iommu4j.lab;

import io.github.iommu4j.lab.command.CommandLineProgram;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The program {@code iommu}. */
public final class Main {

    private Main() {}

    /**
     * Runs a command and ends the process with its exit code: 0 agreement, 1 a difference, 2 bad input.
     *
     * @param arguments as a user typed them; none runs the demonstration
     */
    public static void main(String[] arguments) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        System.exit(new CommandLineProgram(out, err).run(arguments));
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
    }
}
