using Longwire.Load;

return await CommandLine.RunAsync(args, Console.Out, Console.Error);
