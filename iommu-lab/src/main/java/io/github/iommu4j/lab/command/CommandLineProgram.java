package io.github.iommu4j.lab.command;

import io.github.iommu4j.lab.capture.CaptureException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The command line: makes the parser and turns whatever goes wrong into one line and an exit code. */
public final class CommandLineProgram {

    private final CommandLine commandLine;

    /**
     * The program, writing to given places.
     *
     * @param out where answers go
     * @param err where complaints go
     */
    public CommandLineProgram(PrintWriter out, PrintWriter err) {
        commandLine = new CommandLine(new IommuCommand())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((exception, arguments) -> refuse(exception))
                .setExecutionExceptionHandler((exception, command, result) -> fail(exception, command));
    }

    /**
     * Runs one command.
     *
     * @param arguments as a user typed them
     * @return the exit code: 0 agreement, 1 a difference, 2 bad input
     */
    public int run(String... arguments) {
        int code = commandLine.execute(arguments);
        commandLine.getOut().flush();
        commandLine.getErr().flush();
        return code;
    }

    private static int refuse(ParameterException exception) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("iommu: " + oneLine(exception.getMessage()));
        err.print(command.getHelp().synopsisHeading() + command.getHelp().synopsis(0));
        return ExitCode.BAD_INPUT;
    }

    private static int fail(Exception exception, CommandLine command) {
        String prefix = exception instanceof CaptureException ? "iommu: " : "iommu: internal error: ";
        String message = exception instanceof CaptureException ? exception.getMessage() : exception.toString();
        command.getErr().println(prefix + oneLine(message));
        return ExitCode.BAD_INPUT;
    }

    private static String oneLine(@Nullable String message) {
        return String.valueOf(message).replaceAll("\\s*\\R\\s*", " ");
    }
}
