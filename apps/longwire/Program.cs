using Longwire.Service.Hosting;

return await LongwireCommand.RunAsync(args, System.Console.Out, System.Console.Error);
